# The record says what each content of the file came from, the newest first.
binary_fact() { # path
    record_of binary "$1"
    fact "$1"
    is=$now
    case $is in
        file*)
            has=$(awk -v sum="${is##* }" '$2 == sum { print $1; exit }' "$record" 2>/dev/null)
            now=${has:+from:$has} now=${now:-other}
            ;;
    esac
}
make_binary() { # path urls sums member mode owner group before
    path=$1 member=$4 mode=$5
    ids "$6" "$7"
    pick "$2" "$3"
    fact "$path"
    [ "$8" = any ] && remember_path "$path"
    binary_fact "$path"
    case $is in file* | link* | none) ;; *) die WrongKind "\`$path\` is there and is no file" ;; esac
    if [ "$now" != "from:$sum" ]; then
        expect_from $8
        fetched "$url" "$sum"
        stage
        (umask 077; : >"$tmp")
        if [ "$member" = - ]; then
            cat "$fetched" >"$tmp"
        elif is_zip "$fetched"; then
            need unzip unzip
            unzip -p "$fetched" "$member" >"$tmp" 2>/dev/null
        else
            tar -xOf "$fetched" "$member" >"$tmp" 2>/dev/null
        fi && [ -s "$tmp" ] || die Damaged "there is no \`$member\` in \`$url\`"
        own "$tmp"
        chmod "$mode" "$tmp"
        sum_of <"$tmp"
        {
            echo "$sum $sum_is"
            [ ! -f "$record" ] || head -n 1 "$record"
        } >"$record.new" && mv -f -- "$record.new" "$record" || die NoSpace "there is no room in /var/lib/groundplan"
        durable "$tmp"
        in_place
    elif [ "${is% *}" != "file $mode $uid $gid" ]; then
        own "$R$path"
        chmod "$mode" "$R$path" || die Refused "the mode of \`$path\` cannot be set"
    fi
    look_binary "$path"
}
look_binary() { # path
    binary_fact "$1"
    case $now in
        from:*)
            set -- $is
            told "$now" "$(text mode "$(printf %04d "$2")")$(text owner "$(name passwd "$3")")$(text group "$(name group "$4")")"
            ;;
        *) say "$I absent" ;;
    esac
}
drop_binary() { # path before
    path=$1
    binary_fact "$path"
    [ "$now" = none ] || expect_from $2
    drop_path "$path" any
    rm -f -- "$record"
    say "$I absent"
}
