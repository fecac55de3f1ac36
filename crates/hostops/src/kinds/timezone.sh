make_timezone() { # path target name before
    [ -f "$R$2" ] || die NoZone "there is no time zone \`$3\`; the package \`tzdata\` has them"
    path=/etc/timezone
    fact "$path"
    case $now in
        file*)
            [ "$4" = any ] && remember_path "$path"
            if [ "$(cat "$R$path")" != "$3" ]; then
                stage
                cp --preserve=all -- "$R$path" "$tmp" && printf '%s\n' "$3" >"$tmp" || die NoSpace "\`$path\` cannot be written"
                durable "$tmp"
                in_place
            fi
            ;;
    esac
    make_link "$1" "$2" "$4"
}
look_timezone() { fact "$1"; show "$1" 0; }
drop_timezone() { # path before
    drop_path "$@"
    [ ! -e "$L/original/$(number_of /etc/timezone)" ] || drop_path /etc/timezone any
    say "$I absent"
}
