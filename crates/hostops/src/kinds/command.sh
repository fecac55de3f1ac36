command_done() { # creates unless provides
    [ -z "$1" ] || [ -e "$R$1" ] || [ -L "$R$1" ] || return 1
    [ -z "$2" ] || inside sh -c "$2" >/dev/null 2>&1 9>&- </dev/null || return 1
    missing=$(printf %s "${3:+$3
}" | while IFS= read -r one; do [ -e "$R$one" ] || [ -L "$R$one" ] || echo "$one"; done)
    [ -z "$missing" ]
}
make_command() { # name run creates unless provides user again - before
    record_of command "$1"
    definition=$(number_of "$2 as $6")
    todo=0
    command_done "$3" "$4" "$5" || todo=1
    # By what is there nobody sees which command made it.
    [ -n "$3$4" ] || [ "$(sed -n 1p "$record" 2>/dev/null)" = "$definition" ] || todo=1
    [ "$7" = 0 ] || [ "$9" = any ] || todo=1
    if [ $todo = 1 ]; then
        if [ "$6" = root ]; then
            said=$(inside sh -c "$2" 2>&1 9>&- </dev/null)
        else
            said=$(inside runuser -u "$6" -- sh -c "$2" 2>&1 9>&- </dev/null)
        fi || die Failed "it ended with $?: $said"
        command_done "$3" "$4" "$5" || die NotDone "it ended well, and what it says of itself is not so: $said"
    fi
    {
        echo "$definition"
        printf '%s.\n' "$(printf %s "$3" | b64)" "$(printf %s "$4" | b64)" "$(printf %s "$5" | b64)"
    } >"$record.new" && mv -f -- "$record.new" "$record" || die NoSpace "there is no room in /var/lib/groundplan"
    told -
}
look_command() { # name
    record_of command "$1"
    if [ -f "$record" ] && command_done "$(said_of 2)" "$(said_of 3)" "$(said_of 4)"; then told -; else say "$I absent"; fi
}
said_of() { sed -n "$1s/\\.\$//p" "$record" | base64 -d; }
# What it did nobody can undo.
drop_command() {
    record_of command "$1"
    rm -f -- "$record"
    say "$I absent"
}
