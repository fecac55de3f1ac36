look_service() {
    unit_state "$1"
    if [ "$loaded" = not-found ]; then say "$I absent"; else say "$I there service ${enabled:--} ${active:--}"; fi
}
make_service() { # unit enabled running restart reload
    unit_state "$1"
    [ "$loaded" = not-found ] && die NoUnit "there is no unit \`$1\`"
    case $2-$enabled in
        1-enabled) [ "$4" = 1 ] && [ -f "$R/etc/systemd/system/$1" ] && run unit_tool reenable -- "$1" ;;
        1-*) run unit_tool enable -- "$1" ;;
        0-enabled*) run unit_tool disable -- "$1" ;;
    esac
    if live; then
        case $3-$active-$4-$5 in
            1-active-1-*) run systemctl restart -- "$1" ;;
            1-active-0-1) run systemctl reload-or-restart -- "$1" ;;
            1-active-*) ;;
            1-*) run systemctl restart -- "$1" ;;
            0-inactive-* | 0-failed-*) ;;
            0-*) run systemctl stop -- "$1" ;;
            --*-1-*) run systemctl try-restart -- "$1" ;;
            --*-0-1) run systemctl try-reload-or-restart -- "$1" ;;
        esac
        if [ "$3" = 1 ]; then
            unit_state "$1"
            case $active in
                active | activating | reloading) ;;
                *) die NotRunning "\`$1\` does not run after it was started; \`journalctl -u $1\` on the host says why" ;;
            esac
        fi
    fi
    look_service "$1"
}
drop_service() {
    unit_state "$1"
    if [ "$loaded" != not-found ]; then
        if live; then run systemctl disable --now -- "$1"; else run unit_tool disable -- "$1"; fi
    fi
    say "$I absent"
}
