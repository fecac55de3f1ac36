members_of() { entry group "$1" | cut -d: -f4 | tr ',' '\n' | sort | paste -sd, -; }
set_members() { # group users
    said=$(groupmod ${R:+-P "$R"} -U "$2" "$1" 2>&1) || die Refused "$said"
}
look_members() {
    if [ -n "$(entry group "$1")" ]; then told - "$(lines users "$(members_of "$1" | tr ',' '\n')")"; else say "$I absent"; fi
}
make_members() { # group users before
    [ -n "$(entry group "$1")" ] || die NoGroup "there is no group \`$1\`"
    [ "$3" = any ] && remember "members-$1" "$(members_of "$1")"
    for user in $(printf %s "$2" | tr ',' ' '); do
        [ -n "$(entry passwd "$user")" ] || die NoUser "there is no user \`$user\`"
    done
    [ "$(members_of "$1")" = "$2" ] || set_members "$1" "$2"
    look_members "$1"
}
drop_members() {
    if [ -n "$(entry group "$1")" ] && [ -e "$L/found/members-$1" ]; then
        # Of those who were in it before, who is still there.
        were=
        for user in $(tr ',' ' ' <"$L/found/members-$1"); do
            [ -z "$(entry passwd "$user")" ] || were=$were${were:+,}$user
        done
        [ "$(members_of "$1")" = "$were" ] || set_members "$1" "$were"
    fi
    forget "members-$1"
    say "$I absent"
}
