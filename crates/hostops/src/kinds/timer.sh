make_timer() { touches=unit; put_file "$@"; }
drop_timer() { : >"$L/reload"; drop_path "$@"; }
look_timer() { fact "$1"; show "$1" 1; }
