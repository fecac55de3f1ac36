make_mount() { # unit, then as a file
    unit=$1
    shift
    fact "$1"
    was=$now
    touches=unit
    put_file "$@"
    reload || die ReloadFailed "$said"
    unit_state "$unit"
    [ "$enabled" = enabled ] || run unit_tool enable -- "$unit"
    if live; then
        fact "$1"
        if [ "$was" = "$now" ]; then run systemctl start -- "$unit"; else run systemctl restart -- "$unit"; fi
    fi
    fact "$1"
    show "$1" 1
}
look_mount() { fact "$1"; show "$1" 1; }
drop_mount() { # path before
    unit=${1##*/}
    fact "$1"
    [ "$now" = none ] || expect "$1" $2
    if [ -e "$R$1" ]; then
        if live; then run systemctl disable --now -- "$unit"; else run unit_tool disable -- "$unit"; fi
    fi
    : >"$L/reload"
    drop_path "$@"
    reload
    say "$I absent"
}
