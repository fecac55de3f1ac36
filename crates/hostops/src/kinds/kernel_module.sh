make_kernel_module() { # name, then as a file
    module=$1
    shift
    put_file "$@"
    if [ -z "$R" ] && ! grep -q "^$(printf %s "$module" | tr - _) " /proc/modules; then
        said=$(modprobe -- "$module" 2>&1) || die Refused "\`$module\` cannot be loaded: $said"
    fi
    show "$1" 0
}
look_kernel_module() { fact "$1"; show "$1" 0; }
drop_kernel_module() { drop_path "$@"; say "$I absent"; }
