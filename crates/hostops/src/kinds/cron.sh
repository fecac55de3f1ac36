make_cron() { put_file "$@"; show "$1" 1; }
look_cron() { fact "$1"; show "$1" 1; }
drop_cron() { drop_path "$@"; say "$I absent"; }
