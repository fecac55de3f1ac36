make_archive() { # path urls sums strip owner group before
    ids "$5" "$6"
    pick "$2" "$3"
    if tree_begin "$1" "$sum" "$7"; then
        fetched "$url" "$sum"
        if is_zip "$fetched"; then
            need unzip unzip
            said=$(unzip -q -o "$fetched" -d "$tmp" 2>&1)
        else
            said=$(tar -xf "$fetched" -C "$tmp" 2>&1)
        fi || die Damaged "\`$url\` cannot be unpacked: $said"
        left=$4
        while [ "$left" -gt 0 ]; do
            only=$(ls -A "$tmp")
            [ -d "$tmp/$only" ] || die Damaged "\`$url\` has more than one directory at its top"
            mv -T -- "$tmp/$only" "$tmp.top" && rmdir -- "$tmp" && mv -T -- "$tmp.top" "$tmp"
            left=$((left - 1))
        done
        tree_end "$sum"
    fi
    tree_tell "$1"
}
look_archive() { tree_look "$1"; }
drop_archive() { tree_drop "$@"; }
