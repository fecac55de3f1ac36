look_user() {
    line=$(entry passwd "$1")
    [ -n "$line" ] || { say "$I absent"; return; }
    gid=$(echo "$line" | cut -d: -f4)
    home=$(echo "$line" | cut -d: -f6 | tr -d '\n' | b64)
    shell=$(echo "$line" | cut -d: -f7 | tr -d '\n' | b64)
    say "$I there user $(echo "$line" | cut -d: -f3) $(name group "$gid") $home. $shell."
}
differs() { [ "$1" != - ] && [ "$1" != "$2" ]; }
make_user() { # name uid|- group|- home|- shell system before
    user=$1 uid=$2 group=$3 home=$4 shell=$5 system=$6
    line=$(entry passwd "$user")
    if [ "$7" = any ]; then
        if [ -n "$line" ]; then remember "user-$user" yes; else remember "user-$user" no; fi
    fi
    set -- ${R:+-P "$R"} -s "$shell"
    [ "$uid" = - ] || set -- "$@" -u "$uid"
    [ "$group" = - ] || set -- "$@" -g "$group"
    [ "$home" = - ] || set -- "$@" -d "$home"
    if [ -z "$line" ]; then
        if [ "$group" = - ]; then
            if [ -n "$(number group "$user")" ]; then set -- "$@" -g "$user"; else set -- "$@" -U; fi
        fi
        [ "$system" = 1 ] && set -- "$@" -r
        said=$(useradd -M -p '*' "$@" "$user" 2>&1) || die Refused "$said"
    else
        differs "$uid" "$(echo "$line" | cut -d: -f3)" ||
            differs "$group" "$(name group "$(echo "$line" | cut -d: -f4)")" ||
            differs "$home" "$(echo "$line" | cut -d: -f6)" ||
            differs "$shell" "$(echo "$line" | cut -d: -f7)" &&
            { said=$(usermod "$@" "$user" 2>&1) || die Refused "$said"; }
    fi
    look_user "$user"
}
drop_user() {
    if [ -n "$(entry passwd "$1")" ] && ! was_found "user-$1"; then
        said=$(userdel ${R:+-P "$R"} "$1" 2>&1) || die Refused "$said"
    fi
    forget "user-$1"
    say "$I absent"
}
