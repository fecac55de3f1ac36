look_group() {
    gid=$(number group "$1")
    if [ -n "$gid" ]; then say "$I there group $gid"; else say "$I absent"; fi
}
make_group() { # name gid|- system before
    gid=$(number group "$1")
    if [ "$4" = any ]; then
        if [ -n "$gid" ]; then remember "group-$1" yes; else remember "group-$1" no; fi
    fi
    if [ -z "$gid" ]; then
        set -- "$1" "$2" ${R:+-P "$R"} $([ "$3" = 1 ] && echo -r) $([ "$2" = - ] || echo "-g $2")
        group=$1
        shift 2
        said=$(groupadd "$@" "$group" 2>&1) || die Refused "$said"
        look_group "$group"
        return
    fi
    if [ "$2" != - ] && [ "$2" != "$gid" ]; then
        said=$(groupmod ${R:+-P "$R"} -g "$2" "$1" 2>&1) || die Refused "$said"
    fi
    look_group "$1"
}
drop_group() {
    if [ -n "$(number group "$1")" ] && ! was_found "group-$1"; then
        said=$(groupdel ${R:+-P "$R"} "$1" 2>&1) || die Refused "$said"
    fi
    forget "group-$1"
    say "$I absent"
}
