make_path_unit() { touches=unit; put_file "$@"; }
drop_path_unit() { : >"$L/reload"; drop_path "$@"; }
look_path_unit() { fact "$1"; show "$1" 1; }
