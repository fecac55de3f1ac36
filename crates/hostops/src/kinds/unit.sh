make_unit() { touches=unit; put_file "$@"; }
drop_unit() { : >"$L/reload"; drop_path "$@"; }
look_unit() { fact "$1"; show "$1" 1; }
