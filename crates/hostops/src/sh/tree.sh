# Directories from elsewhere: each has a name of its own, and a link is turned to it. The one before it stays for those
# who still use it. The record says what each came from, the newest first.
tree_fact() { # path
    record_of tree "$1"
    into=
    if [ -L "$R$1" ]; then
        now=other
        into=$(readlink -- "$R$1")
        has=$(awk -v into="$into" '$2 == into { print $1; exit }' "$record" 2>/dev/null)
        [ -z "$has" ] || [ ! -d "$R${1%/*}/$into" ] || now=from:$has
    elif [ -e "$R$1" ]; then
        now=other
    else
        now=none
    fi
}
tree_begin() { # path what before; fails if there is nothing to do
    path=$1
    fact "$path"
    case $now in none | link*) ;; *) die WrongKind "\`$path\` is there and is no link" ;; esac
    [ "$3" = any ] && remember_path "$path"
    tree_fact "$path"
    if [ "$now" = "from:$2" ]; then
        [ "$me" != 0 ] || [ "$(stat -c %u:%g -- "$R${path%/*}/$into")" = "$uid:$gid" ] ||
            chown -Rh "$uid:$gid" "$R${path%/*}/$into"
        return 1
    fi
    expect_from $3
    stage
    mkdir -m 755 -- "$tmp" || die NoSpace "nothing can be written beside \`$path\`"
}
tree_end() { # what it came from
    into=${path##*/}-$(printf %.12s "$1")
    [ "$me" != 0 ] || chown -Rh "$uid:$gid" "$tmp"
    # One that was there came from the same.
    if [ -d "$R$dir/$into" ]; then
        rm -rf -- "$tmp"
    else
        durable "$tmp"
        mv -T -- "$tmp" "$R$dir/$into" || die Refused "\`$dir/$into\` cannot be made"
    fi
    {
        echo "$1 $into"
        [ ! -f "$record" ] || awk -v into="$into" '$2 != into' "$record"
    } >"$record.new" && mv -f -- "$record.new" "$record" || die NoSpace "there is no room in /var/lib/groundplan"
    tmp=$R$dir/.groundplan-$N-$I.link
    ln -s -- "$into" "$tmp" || die Refused "\`$path\` cannot be made"
    in_place
    awk 'NR > 2 { print $2 }' "$record" | while read -r old; do rm -rf -- "$R$dir/$old"; done
    awk 'NR < 3' "$record" >"$record.new" && mv -f -- "$record.new" "$record"
    now=from:$1
}
tree_tell() {
    set -- $(stat -c '%u %g' -- "$R$1/")
    told "$now" "$(text owner "$(name passwd "$1")")$(text group "$(name group "$2")")"
}
tree_look() {
    tree_fact "$1"
    case $now in from:*) tree_tell "$1" ;; *) say "$I absent" ;; esac
}
tree_drop() { # path before
    path=$1
    tree_fact "$path"
    [ "$now" = none ] || expect_from $2
    drop_path "$path" any
    [ ! -f "$record" ] || awk '{ print $2 }' "$record" | while read -r old; do rm -rf -- "$R${path%/*}/$old"; done
    rm -f -- "$record"
    say "$I absent"
}
