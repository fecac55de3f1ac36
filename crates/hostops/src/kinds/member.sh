look_member() { if is_member "$1" "$2"; then told -; else say "$I absent"; fi; }
make_member() { # user group before
    if [ "$3" = any ]; then
        if is_member "$1" "$2"; then remember "member-$1:$2" yes; else remember "member-$1:$2" no; fi
    fi
    [ -n "$(entry passwd "$1")" ] || die NoUser "there is no user \`$1\`"
    is_member "$1" "$2" || said=$(usermod ${R:+-P "$R"} -a -G "$2" "$1" 2>&1) || die Refused "$said"
    look_member "$1" "$2"
}
drop_member() {
    if is_member "$1" "$2" && ! was_found "member-$1:$2"; then
        said=$(usermod ${R:+-P "$R"} -r -G "$2" "$1" 2>&1) || die Refused "$said"
    fi
    forget "member-$1:$2"
    say "$I absent"
}
