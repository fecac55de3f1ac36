make_pin() { put_file "$@"; show "$1" 1; }
look_pin() { fact "$1"; show "$1" 1; }
drop_pin() { drop_path "$@"; say "$I absent"; }
