# Holds the sources to the order of the layers. Fed with gateway/**/*.[ch], clients/**/*.[ch] and
# their CMakeLists.txt, named from the project's root; needs code.awk.

BEGIN {
    set_of("base wire crypto tls schema message policy procedure audit session http journal " \
        "exchange edge app", rank)
    last_of_clients = rank["http"]

    # The first row that a header begins with says which layers may include it.
    owner("msgpack", "wire")
    owner("cbor", "wire")
    owner("openssl/ssl.h", "tls")
    owner("openssl/", "crypto tls")
    owner("sqlite3.h", "journal clients")
    owner("libpq-fe.h", "journal")
    owner("event2/", "http edge app")
    owner("event.h", "http edge app")
    owner("ev", "http edge app")
    owner("jansson.h", "clients edge app")
    owner("cyaml/", "app")
    owner("systemd/", "app")
    owner("seccomp.h", "app")
    owner("linux/seccomp.h", "app")
    owner("linux/landlock.h", "app")
    owner("systemd/", "app")

    # The same for what a layer links.
    set_library("msgpackc PkgConfig::CBOR", "wire")
    set_library("OpenSSL::Crypto", "crypto tls")
    set_library("OpenSSL::SSL", "tls")
    set_library("PkgConfig::SQLITE", "journal clients")
    set_library("PkgConfig::EVENT", "http edge app")
    set_library("PkgConfig::JANSSON", "clients edge app")
    set_library("PkgConfig::CYAML PkgConfig::SECCOMP PkgConfig::SYSTEMD", "app")
}

function owner(prefix, layers)
{
    prefixes[++prefix_count] = prefix
    owners[prefix] = layers
}

function set_library(names, layers,    parts, n, i)
{
    n = split(names, parts, " ")
    for (i = 1; i <= n; i++)
        linked_by[parts[i]] = layers
}

function holds(list, word)
{
    return index(" " list " ", " " word " ") > 0
}

function may_use(layer, other)
{
    return layer == "clients" ? rank[other] <= last_of_clients : rank[other] <= rank[layer]
}

FNR == 1 {
    files++
    split(FILENAME, parts, "/")
    layer = parts[1] == "clients" ? "clients" : parts[2]
    if (parts[1] == "gateway" && parts[3] != "" && !(layer in rank))
        fault(layer " is not a layer")
    keyword = ""
}

function check_system(header,    i)
{
    for (i = 1; i <= prefix_count; i++)
        if (index(header, prefixes[i]) == 1) {
            if (!holds(owners[prefixes[i]], layer))
                fault("<" header "> belongs to " owners[prefixes[i]])
            return
        }
}

function check_ours(header,    path, n)
{
    n = split(header, path, "/")
    if (header ~ /(^|\/)\.\.?\//)
        fault("\"" header "\" must be written from gateway/ on")
    else if (n > 1 && path[1] in rank) {
        if (!may_use(layer, path[1]))
            fault(layer " may not include " path[1])
        else if (layer != path[1] && !((layer, path[1]) in included))
            included[layer, path[1]] = FILENAME ":" FNR
    } else if (layer != "clients")
        fault("\"" header "\" must be written from gateway/ on, as \"layer/file.h\"")
}

FILENAME ~ /\.[ch]$/ {
    was_comment = in_comment
    code($0)
    if (was_comment || $0 !~ /^[ \t]*#[ \t]*include[ \t]*[<"]/)
        next
    angle = index($0, "<") > 0 && (index($0, "\"") == 0 || index($0, "<") < index($0, "\""))
    split($0, piece, angle ? "[<>]" : "\"")
    if (angle)
        check_system(piece[2])
    else
        check_ours(piece[2])
    next
}

# CMakeLists.txt: what is linked must keep the same order.
{
    sub(/#.*/, "")
    gsub(/[()]/, " & ")
    for (i = 1; i <= NF; i++)
        check_token($i)
}

function check_token(token)
{
    if (token == "comity_layer")
        declares[layer] = 1
    if (token == ")")
        keyword = ""
    else if (token ~ /^[A-Z]+$/)
        keyword = token
    else if (keyword == "LAYERS" && layer != "clients") {
        if (!(token in rank) || !may_use(layer, token) || token == layer)
            fault(layer " may not link " token)
        else
            links[layer] = links[layer] " " token
    } else if (token ~ /^comity_/ && substr(token, 8) in rank && !may_use(layer, substr(token, 8)))
        fault(layer " may not link " substr(token, 8))
    else if (token in linked_by && !holds(linked_by[token], layer))
        fault(token " belongs to " linked_by[token])
}

function reaches(from, to,    parts, n, i)
{
    n = split(links[from], parts, " ")
    for (i = 1; i <= n; i++)
        if (parts[i] == to || reaches(parts[i], to))
            return 1
    return 0
}

END {
    for (pair in included) {
        split(pair, ends, SUBSEP)
        if (ends[1] in declares && !reaches(ends[1], ends[2])) {
            print included[pair] ": " ends[1] " includes " ends[2] " but does not name it in LAYERS"
            faults++
        }
    }
    if (files == 0)
        print "layers: no source was found"
    exit files == 0 || faults > 0
}
