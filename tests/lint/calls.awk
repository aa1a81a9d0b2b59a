# Finds calls that calls.txt forbids. Fed with calls.txt first, then sources named from the
# project's root; needs code.awk.

BEGIN {
    set_of("base wire crypto tls schema message policy procedure audit session http journal", quiet)
    set_of("wire schema message policy procedure audit session", pure)
}

FILENAME ~ /calls\.txt$/ {
    if ($0 ~ /^#/ || NF == 0)
        next
    if (NF < 4 || $1 !~ /^(all|quiet|pure)$/) {
        fault("not a row: where, except, name, why")
        next
    }
    row = ++rows
    where[row] = $1
    except[row] = $2
    why[row] = $4
    for (i = 5; i <= NF; i++)
        why[row] = why[row] " " $i
    if ($3 ~ /\*$/)
        prefix[row] = substr($3, 1, length($3) - 1)
    else
        row_of[$3] = row
    next
}

FNR == 1 {
    files++
    split(FILENAME, parts, "/")
    layer = parts[1] == "gateway" ? parts[2] : ""
}

function excused(row,    paths, n, i)
{
    n = split(except[row], paths, ",")
    for (i = 1; i <= n; i++)
        if (FILENAME == paths[i] || index(FILENAME, paths[i] "/") == 1)
            return 1
    return 0
}

function applies(row)
{
    return !excused(row) && (where[row] == "all" || (where[row] == "quiet" && layer in quiet) ||
        (where[row] == "pure" && layer in pure))
}

function check_call(name,    row)
{
    if (name in row_of && applies(row_of[name]))
        fault(name ": " why[row_of[name]])
    for (row in prefix)
        if (index(name, prefix[row]) == 1 && applies(row))
            fault(name ": " why[row])
}

{
    line = code($0)
    while (match(line, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
        before = RSTART > 1 ? substr(line, RSTART - 1, 1) : " "
        name = substr(line, RSTART, RLENGTH - 1)
        line = substr(line, RSTART + RLENGTH)
        sub(/[ \t]+$/, "", name)
        if (before !~ /[.>0-9]/) # a member of that name is somebody else's function
            check_call(name)
    }
}

END {
    if (files == 0)
        print "calls: no source was found"
    exit files == 0 || rows == 0 || faults > 0
}
