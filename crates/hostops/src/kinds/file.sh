make_file() { put_file "$@"; show "$1" 0; }
look_file() { fact "$1"; show "$1" 1; }
drop_file() { drop_path "$@"; say "$I absent"; }
