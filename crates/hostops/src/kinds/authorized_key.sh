keys_of() { # user; where the keys are, and whose they are to be
    line=$(entry passwd "$1")
    [ -n "$line" ] || return 1
    home=$(echo "$line" | cut -d: -f6)
    fresh_owner=$(echo "$line" | cut -d: -f3):$(echo "$line" | cut -d: -f4)
    fresh_mode=600
    keys=${home%/}/.ssh/authorized_keys
}
make_authorized_key() { # user key before
    body
    record_of key "$1 $2"
    keys_of "$1" || die NoUser "there is no user \`$1\`"
    # What a user made of the place is not followed.
    for at in "$R${keys%/*}" "$R$keys"; do
        [ ! -L "$at" ] || die WrongKind "\`${at#"$R"}\` is a link"
    done
    if [ ! -d "$R${keys%/*}" ]; then
        mkdir -p -- "$R$home" && mkdir -m 700 -- "$R${keys%/*}" || die Refused "\`${keys%/*}\` cannot be made"
        [ "$me" != 0 ] || chown "$fresh_owner" "$R${keys%/*}"
    fi
    part_make key "$2" "$keys" "$3"
    tell_authorized_key "$2"
}
tell_authorized_key() { # key
    line=${found%?}
    options=${line%%"$1"*} comment=${line#*"$1"}
    options=${options% } comment=${comment# }
    told "$now" "$([ -z "$options" ] || text options "$options")$([ -z "$comment" ] || text comment "$comment")"
}
look_authorized_key() { # user key
    now=none
    keys_of "$1" && part_fact key "$2" "$keys"
    if [ "$now" = none ]; then say "$I absent"; else tell_authorized_key "$2"; fi
}
drop_authorized_key() { # user key before
    record_of key "$1 $2"
    keys_of "$1" || { rm -f -- "$record" "$record.was" "$record.none"; say "$I absent"; return; }
    part_drop key "$2" "$keys" "$3"
}
