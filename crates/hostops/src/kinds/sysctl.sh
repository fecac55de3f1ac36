make_sysctl() { # setting value, then as a file
    setting=$1 value=$2
    shift 2
    put_file "$@"
    if [ -z "$R" ] && [ "$(sysctl -n -- "$setting" 2>/dev/null | tr '\t' ' ')" != "$value" ]; then
        said=$(sysctl -q -w -- "$setting=$value" 2>&1) || die Refused "$said"
    fi
    show "$1" 1
}
look_sysctl() { fact "$1"; show "$1" 1; }
drop_sysctl() { drop_path "$@"; say "$I absent"; }
