make_download() { # url signature|- keyring|- , then as a file
    pinned=$1 signature=$2 keys=$3 bring=bring_pinned
    shift 3
    if [ "$signature" != - ]; then
        fact "$1"
        # What is pinned and there was signed when it came.
        if [ "${now##* }" != "$5" ]; then
            to=$L/signature-$N-$I
            (umask 077; : >"$to") && fetch "$signature" "$to" || die $code "$said"
            set -- "$@" gpgv --keyring "$keys" "${to#"$R"}" '{}'
        fi
    fi
    put_file "$@"
    show "$1" 0
}
look_download() { fact "$1"; show "$1" 0; }
drop_download() { drop_path "$@"; say "$I absent"; }
