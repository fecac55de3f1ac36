make_hostname() { # name, then as a file
    hostname=$1
    shift
    put_file "$@"
    if live && [ "$(uname -n)" != "$hostname" ]; then
        said=$(hostname "$hostname" 2>&1) || die Refused "$said"
    fi
    show "$1" 1
}
look_hostname() { fact "$1"; show "$1" 1; }
drop_hostname() {
    drop_path "$@"
    if live && [ -s /etc/hostname ]; then hostname "$(cat /etc/hostname)" 2>/dev/null; fi
    say "$I absent"
}
