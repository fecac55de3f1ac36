make_keyring() { # url|-, then as a file
    if [ "$1" != - ]; then pinned=$1 bring=bring_pinned; fi
    shift
    put_file "$@"
    show "$1" 1
}
look_keyring() { fact "$1"; show "$1" 1; }
drop_keyring() { drop_path "$@"; say "$I absent"; }
