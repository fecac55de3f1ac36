# Units, which systemd reads once after all that changed.
reload() {
    [ -e "$L/reload" ] || return 0
    if live; then said=$(systemctl daemon-reload 2>&1) || return 1; fi
    rm -f -- "$L/reload"
}
# What became of a unit is known when systemd has read it.
after_reload() { # 1 = it was read, kind, path
    if [ "$1" = 1 ]; then
        fact "$3"
        show "$3" $([ "$2" = unit ] && echo 0 || echo 1)
    else
        say "$I failed ReloadFailed $(printf %s "$said" | tail -c 2000 | b64)."
    fi
}
unit_state() {
    if live; then
        state=$(systemctl show -p LoadState -p ActiveState -p UnitFileState -- "$1" 2>/dev/null)
        loaded=$(echo "$state" | sed -n 's/^LoadState=//p')
        active=$(echo "$state" | sed -n 's/^ActiveState=//p')
        enabled=$(echo "$state" | sed -n 's/^UnitFileState=//p')
    else
        enabled=$(unit_tool is-enabled -- "$1" 2>/dev/null)
        active=- loaded=loaded
        case $enabled in '' | not-found) loaded=not-found ;; esac
    fi
}
run() { said=$("$@" 2>&1 9>&- </dev/null) || die Failed "\`$*\` failed: $said"; }
