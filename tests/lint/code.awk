# Shared by the lints: code(line) gives a line of C without its comments and without the content of
# its literals, so that a word in prose is no finding. Call it once for every line of a file.

FNR == 1 { in_comment = 0 }

function code(line,    out, i, c, two, quote)
{
    out = ""
    quote = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        two = substr(line, i, 2)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                i++
            }
        } else if (quote != "") {
            if (c == "\\")
                i++
            else if (c == quote) {
                quote = ""
                out = out c
            }
        } else if (two == "//") {
            break
        } else if (two == "/*") {
            in_comment = 1
            i++
            out = out " "
        } else {
            if (c == "\"" || c == "'")
                quote = c
            out = out c
        }
    }
    return out
}

function fault(text)
{
    print FILENAME ":" FNR ": " text
    faults++
}

# Sets the fields of a list separated by blanks as keys of set.
function set_of(list, set,    parts, n, i)
{
    n = split(list, parts, " ")
    for (i = 1; i <= n; i++)
        set[parts[i]] = i
    return n
}
