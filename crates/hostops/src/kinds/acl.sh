# Names are those of the host, whoever it is that asks: so they travel as numbers.
acl_fact() { # path
    entries=
    now=none
    [ -e "$R$1" ] || return 0
    need getfacl acl
    entries=$(
        getfacl -cpEn -- "$R$1" 2>/dev/null | while IFS=: read -r kind id may more; do
            before=
            [ "$kind" = default ] && before=default: kind=$id id=$may may=$more
            case $kind:$id in
                user:[0-9]*) echo "${before}user:$(name passwd "$id"):$may" ;;
                group:[0-9]*) echo "${before}group:$(name group "$id"):$may" ;;
            esac
        done | sort
    )
    now=acl:$(number_of "$entries${entries:+
}")
}
may() { printf %s "$(case $1 in *[4567]*) printf r ;; *) printf - ;; esac)$(case $1 in *[2367]*) printf w ;; *) printf - ;; esac)$(case $1 in *[1357]*) printf x ;; *) printf - ;; esac)"; }
# All at once. The mode stays the measure: nobody gets more than its middle digit says.
set_acl() { # path entries
    mode=$(stat -c %04a -- "$R$1")
    rest=${mode#?}
    middle=${rest#?} middle=${middle%?}
    {
        printf 'user::%s\ngroup::%s\nother::%s\n' "$(may "${rest%??}")" "$(may "$middle")" "$(may "${rest#??}")"
        [ -z "$(printf %s "$2" | grep -v '^default:')" ] || printf 'mask::%s\n' "$(may "$middle")"
        printf '%s\n' "$2" | while IFS=: read -r kind id may more; do
            before=
            [ "$kind" = default ] && before=default: kind=$id id=$may may=$more
            case $kind in
                user) echo "${before}user:$(number passwd "$id"):$may" ;;
                group) echo "${before}group:$(number group "$id"):$may" ;;
            esac
        done
    } >"$L/body-$N-$I"
    said=$(setfacl --set-file="$L/body-$N-$I" -- "$R$1" 2>&1) || die Refused "who else may use \`$1\` cannot be set: $said"
}
tell_acl() { told "$now" "$(lines entries "$entries")"; }
make_acl() { # path entries before
    path=$1
    need setfacl acl
    for who in $(printf '%s\n' "$2" | sed 's/^default://; s/^\([^:]*:[^:]*\):.*/\1/' | sort -u); do
        case $who in
            user:*) [ -n "$(number passwd "${who#*:}")" ] || die NoUser "there is no user \`${who#*:}\`" ;;
            *) [ -n "$(number group "${who#*:}")" ] || die NoGroup "there is no group \`${who#*:}\`" ;;
        esac
    done
    acl_fact "$1"
    [ "$now" != none ] || die NoPath "there is no \`$1\`"
    [ "$3" = any ] && remember "acl-$(number_of "$1")" "$entries"
    if [ "$now" != "acl:$(number_of "$2")" ]; then
        expect "$1" $3
        set_acl "$1" "$2"
        acl_fact "$1"
    fi
    tell_acl
}
look_acl() { # path
    acl_fact "$1"
    # Nothing besides the mode is nothing.
    if [ -z "$entries" ]; then say "$I absent"; else tell_acl; fi
}
drop_acl() { # path before
    acl_fact "$1"
    if [ -n "$entries" ]; then
        expect "$1" $2
        set_acl "$1" "$(cat "$L/found/acl-$(number_of "$1")" 2>/dev/null)"
    fi
    forget "acl-$(number_of "$1")"
    say "$I absent"
}
