make_directory() { # path mode owner group before
    path=$1
    ids "$3" "$4"
    fact "$path"
    case $now in none) there=no ;; *) there=yes ;; esac
    [ "$5" = any ] && remember "directory-$(number_of "$path")" $there
    if [ "$now" != "directory $2 $uid $gid" ]; then
        expect "$path" $5
        case $now in
            none) mkdir -p -- "$R${path%/*}/" && mkdir -m 700 -- "$R$path" || die Refused "\`$path\` cannot be made" ;;
            directory*) ;;
            *) die WrongKind "\`$path\` is there and is no directory" ;;
        esac
        own "$R$path"
        chmod "$2" "$R$path" || die Refused "the mode of \`$path\` cannot be set"
        fact "$path"
    fi
    show "$path" 0
}
drop_directory() { # path before
    number=directory-$(number_of "$1")
    was_found "$number" || rmdir -- "$R$1" 2>/dev/null
    forget "$number"
    say "$I absent"
}
look_directory() { fact "$1"; show "$1" 0; }
