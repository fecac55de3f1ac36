make_link() { # path target before
    path=$1
    fact "$path"
    [ "$3" = any ] && remember_path "$path"
    if [ "$now" != "link $(printf %s "$2" | b64)." ]; then
        expect "$path" $3
        case $now in none | link*) ;; *) die WrongKind "\`$path\` is there and is no link" ;; esac
        stage
        ln -s -- "$2" "$tmp" || die Refused "\`$path\` cannot be made"
        in_place
        fact "$path"
    fi
    show "$path" 0
}
look_link() { fact "$1"; show "$1" 0; }
drop_link() { drop_path "$@"; say "$I absent"; }
