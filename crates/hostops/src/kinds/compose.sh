make_compose() { put_file "$@"; show "$1" 0; }
look_compose() { fact "$1"; show "$1" 1; }
drop_compose() { drop_path "$@"; say "$I absent"; }
