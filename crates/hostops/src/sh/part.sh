# Parts of files that others write, too. What was first there in the place of a part comes back when the part goes.
part_program='
function ends(mark) { return length($0) >= length(mark) && substr($0, length($0) - length(mark) + 1) == mark }
function hit() {
    if (how == "host") return $2 == what && $1 !~ /^#/
    if (how == "key") return $0 !~ /^[ \t]*#/ && index(" " $0 " ", " " what " ")
    return (has_old && $0 == old) || (has_want && $0 == first) || (ENVIRON["MATCHES"] != "" && $0 ~ ENVIRON["MATCHES"])
}
function put() {
    if (placed++) return
    if (how == "block" && has_want) printf "%s groundplan begin %s\n%s%s groundplan end %s\n", mark, what, want, mark, what
    else printf "%s", want
}
BEGIN {
    while ((getline line < want_in) > 0) { if (!has_want++) first = line; want = want line "\n" }
    while ((getline line < old_in) > 0) if (!has_old++) old = line
    if (how == "block" && want_in != "/dev/null") has_want = 1
}
how == "block" && !within && ends("groundplan begin " what) { within = 1; hits++; if (task == "edit") put(); next }
within && ends("groundplan end " what) { within = 0; next }
within { if (task == "find") print; next }
how != "block" && hit() {
    if (!hits++ || task == "keep") { if (task == "find" && how == "host") $1 = $1; if (task != "edit") print }
    if (task == "edit") put()
    next
}
task == "edit" { print }
END { if (task == "edit") put(); else exit !hits }'
part() { # find|keep|edit how what path file-of-what-is-wanted file-of-what-it-was
    awk -v task="$1" -v how="$2" -v what="$3" -v mark="$mark" -v want_in="${5:-/dev/null}" -v old_in="${6:-/dev/null}" \
        "$part_program" "$([ -f "$R$4" ] && echo "$R$4" || echo /dev/null)"
}
mark='#'
MATCHES=
export MATCHES
part_fact() { # how what path want old; sets what was found, and what to compare by
    found=$(part find "$@"; echo ".$?")
    case $found in
        *.0) found=${found%.0} now=part:$(number_of "${found%.0}") ;;
        *) found= now=none ;;
    esac
}
part_edit() { # how what path want old
    path=$3
    [ ! -L "$R$path" ] && { [ -f "$R$path" ] || [ ! -e "$R$path" ]; } || die WrongKind "\`$path\` is no file"
    stage
    if [ -e "$R$path" ]; then
        cp --preserve=all -- "$R$path" "$tmp" || die NoSpace "\`$path\` cannot be written"
    else
        (umask 077; : >"$tmp")
        [ "$me" != 0 ] || chown "${fresh_owner:-0:0}" "$tmp"
        chmod "${fresh_mode:-644}" "$tmp"
    fi
    part edit "$@" >"$tmp" || die NoSpace "\`$path\` cannot be written"
    durable "$tmp"
    in_place
}
part_make() { # how what path before; the part is in the body
    old=; [ ! -f "$record" ] || old=$record
    sum_of <"$body"
    if [ "$1" = line ]; then
        # The line that was made is the part, or the one that is wanted, if it was there before.
        [ -n "$old" ] && part_fact line '' "$3" '' "$old" || part_fact line '' "$3" "$body"
    else
        part_fact "$1" "$2" "$3"
    fi
    if [ "$now" = "part:$sum_is" ]; then
        [ -n "$old" ] || part_remember "$1" "$2" "$3"
    else
        [ "$4" = any ] || expect "$3" $4
        part_remember "$1" "$2" "$3"
        part_edit "$1" "$2" "$3" "$body" "$old"
        now=part:$sum_is
    fi
    cat "$body" >"$record.new" && mv -f -- "$record.new" "$record"
    found=$(cat "$body"; echo .) found=${found%.}
}
part_remember() { # how what path
    [ -e "$record.was" ] && return
    [ -e "$R$3" ] || : >"$record.none"
    if [ "$1" = block ]; then : >"$record.was.new"; else part keep "$1" "$2" "$3" "$body" >"$record.was.new"; fi
    mv -f -- "$record.was.new" "$record.was"
}
part_drop() { # how what path before
    was=; [ ! -s "$record.was" ] || was=$record.was
    old=; [ ! -f "$record" ] || old=$record
    if [ "$1" = line ]; then part_fact line '' "$3" '' "$old"; else part_fact "$1" "$2" "$3"; fi
    if [ "$now" != none ]; then
        expect "$3" $4
        part_edit "$1" "$2" "$3" "$was" "$old"
        [ ! -e "$record.none" ] || [ -s "$R$3" ] || rm -f -- "$R$3"
    fi
    rm -f -- "$record" "$record.was" "$record.none"
    say "$I absent"
}
