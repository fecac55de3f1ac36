# What every script starts with: `N` is a word that no other output has, `R` the root, empty for a host's own.
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export LC_ALL PATH
umask 022
L=$R/var/lib/groundplan
me=$(id -u)
tmp=
touches=file

say() { printf '\n%s %s\n' "$N" "$*"; }
b64() { base64 -w0; }
die() {
    say "$I failed $1 $(printf %s "$2" | tail -c 2000 | b64)."
    exit 9
}
sum_of() { # on standard input
    set -- $(sha256sum)
    sum_is=$1
}
number_of() { printf %s "$1" | { sum_of && echo "$sum_is"; }; }
live() { [ -z "$R" ] && [ -d /run/systemd/system ]; }
unit_tool() { if [ -n "$R" ]; then systemctl --root="$R" "$@"; else systemctl "$@"; fi; }
inside() { if [ -n "$R" ]; then chroot "$R" "$@"; else "$@"; fi; }

# Two runs on one host come one after the other, and what a dead one left half-written is known to be nobody's.
lock() {
    mkdir -p "$R/var/lib" && { [ -d "$L" ] || mkdir -m 700 "$L"; } && mkdir -p "$L/original" "$L/found" || return 1
    exec 9>"$L/lock" || return 1
    command -v flock >/dev/null 2>&1 || return 0
    flock -w 300 9
}

# Users and groups. In a root they are those of its files, and whoever is not root is taken to be.
entry() {
    if [ -z "$R" ] && command -v getent >/dev/null 2>&1; then
        getent "$1" "$2"
    else
        awk -F: -v n="$2" '$1 == n { print; exit }' "$R/etc/$1" 2>/dev/null
    fi
}
number() { entry "$1" "$2" | cut -d: -f3; }
name() {
    [ "$2" = 0 ] && { echo root; return; }
    if [ -z "$R" ] && command -v getent >/dev/null 2>&1; then
        found=$(getent "$1" "$2" | cut -d: -f1)
    else
        found=$(awk -F: -v i="$2" '$3 == i { print $1; exit }' "$R/etc/$1" 2>/dev/null)
    fi
    echo "${found:-$2}"
}
ids() {
    if [ "$1" = root ]; then uid=0; else uid=$(number passwd "$1"); fi
    if [ "$2" = root ]; then gid=0; else gid=$(number group "$2"); fi
    [ -n "$uid" ] || die NoUser "there is no user \`$1\`"
    [ -n "$gid" ] || die NoGroup "there is no group \`$2\`"
}
own() { # a path; what root makes is root's, unless the directory gives its group on
    [ "$me" = 0 ] || return 0
    [ "$uid$gid" = 00 ] && [ ! -g "$R${path%/*}/" ] && [ "$2" = new ] && return
    chown "$uid:$gid" "$1" || die Refused "the owner of \`$path\` cannot be set"; }
meta() {
    meta_is=$(stat -c '%a %u %g' -- "$1")
    [ "$me" = 0 ] && return
    set -- $meta_is
    [ "$2" = "$me" ] && set -- "$1" 0 "$3"
    [ "$3" = "$(id -g)" ] && set -- "$1" "$2" 0
    meta_is="$1 $2 $3"
}

# What is at a path, in words that are equal if all that counts is.
fact() {
    p=$R$1
    if [ -L "$p" ]; then
        now="link $(readlink -n -- "$p" | b64)."
    elif [ -f "$p" ]; then
        meta "$p"
        sum_of <"$p"
        now="file $meta_is $sum_is"
    elif [ -d "$p" ]; then
        meta "$p"
        now="directory $meta_is"
    elif [ -e "$p" ]; then
        now=other
    else
        now=none
    fi
}
# What is there must be what was planned from: `any`, `seen` and the words, or words with names of owners.
expect() {
    path=$1
    shift
    case $1 in
        any) return ;;
        seen) shift; before=$* ;;
        file | directory)
            before="$1 $2 $(number passwd "$3") $(number group "$4")${5:+ $5}"
            [ "$3" = root ] && [ "$4" = root ] && before="$1 $2 0 0${5:+ $5}"
            ;;
        *) before=$* ;;
    esac
    [ "$now" = "$before" ] || die Moved "\`$path\` is not what this was planned from"
}

# What was there before the first declaration is kept, or that nothing was.
remember_path() {
    kept=$L/original/$(number_of "$1")
    [ -e "$kept.none" ] || [ -e "$kept" ] || [ -L "$kept" ] && return
    case $now in
        file* | link*) cp -pP -- "$R$1" "$kept.new" && mv -fT -- "$kept.new" "$kept" || die Refused "\`$1\` cannot be kept" ;;
        *) : >"$kept.none" ;;
    esac
}
remember() { # kind-name, whether it is there
    [ -e "$L/found/$1" ] || printf '%s\n' "$2" >"$L/found/$1"
}
was_found() { [ "$(cat "$L/found/$1" 2>/dev/null)" = yes ]; }
forget() { rm -f -- "$L/found/$1"; }

# A path that nobody has seen before, in the directory where it will be.
stage() {
    dir=${path%/*}
    [ -d "$R$dir/" ] || mkdir -p -- "$R$dir" || die Refused "the directory of \`$path\` cannot be made"
    for old in "$R$dir"/.groundplan-*; do
        [ -e "$old" ] || [ -L "$old" ] && rm -rf -- "$old"
    done
    tmp=$R$dir/.groundplan-$N-$I
}
durable() { sync "$@" 2>/dev/null || sync; }
in_place() {
    mv -fT -- "$tmp" "$R$path" || die Refused "\`$path\` cannot be put in place"
    tmp=
    durable "$R$dir/"
}

show() { # path, 1 = with what is in it
    set -- "$1" "$2" $now
    case $3 in
        file)
            body=-
            [ "$2" = 1 ] && [ "$(stat -c %s -- "$R$1")" -le 262144 ] && body=$(b64 <"$R$1").
            say "$I there $now $(name passwd "$5") $(name group "$6") $body"
            ;;
        directory) say "$I there $now $(name passwd "$5") $(name group "$6")" ;;
        link) say "$I there $now" ;;
        *) say "$I absent" ;;
    esac
}

look_file() { fact "$1"; show "$1" 1; }
look_unit() { fact "$1"; show "$1" 1; }
look_directory() { fact "$1"; show "$1" 0; }
look_link() { fact "$1"; show "$1" 0; }

put_file() { # path mode owner group sum before validator...; base64 on standard input
    path=$1 mode=$2 sum=$5 before=$6
    ids "$3" "$4"
    shift 6
    fact "$path"
    [ "$before" = any ] && remember_path "$path"
    [ "$now" = "file $mode $uid $gid $sum" ] && return
    expect "$path" $before
    case $now in directory* | other) die WrongKind "\`$path\` is there and is no file" ;; esac
    # What has to be done after a change is written down before it, so that no dead run loses it.
    [ "$touches" = unit ] && : >"$L/reload"
    stage
    set -C
    old_umask=$(umask)
    umask 077
    exec 3>"$tmp" || die Refused "nothing can be written beside \`$path\`"
    umask "$old_umask"
    set +C
    case $now in
        file*) cp --attributes-only --preserve=xattr -- "$R$path" /proc/self/fd/3 2>/dev/null; chmod 600 /proc/self/fd/3 ;;
    esac
    base64 -d >&3 || die NoSpace "\`$path\` cannot be written"
    sum_of </proc/self/fd/3
    [ "$sum_is" = "$sum" ] || die NoSpace "\`$path\` was not written whole"
    own /proc/self/fd/3 new
    chmod "$mode" /proc/self/fd/3 || die Refused "the mode of \`$path\` cannot be set"
    if [ $# -gt 0 ]; then
        for word; do
            shift
            case $word in *'{}'*) word="${word%%\{\}*}${tmp#"$R"}${word#*\{\}}" ;; esac
            set -- "$@" "$word"
        done
        said=$(inside "$@" 2>&1 3>&- 9>&- </dev/null) || die Invalid "\`$path\` would be wrong, and is left as it is: $said"
    fi
    durable /proc/self/fd/3
    exec 3>&-
    in_place
    now="file $mode $uid $gid $sum"
}
make_file() { put_file "$@"; show "$1" 0; }
drop_path() { # path before
    path=$1
    fact "$path"
    kept=$L/original/$(number_of "$path")
    if [ "$now" != none ]; then
        expect "$path" $2
        if [ -e "$kept" ] || [ -L "$kept" ]; then
            stage
            cp -pP -- "$kept" "$tmp" || die Refused "what was at \`$path\` before cannot be put back"
            in_place
        else
            rm -f -- "$R$path" || die Refused "\`$path\` cannot be removed"
        fi
    fi
    rm -f -- "$kept" "$kept.none"
}
drop_file() { drop_path "$@"; say "$I absent"; }
drop_link() { drop_path "$@"; say "$I absent"; }

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

# Packages: what dpkg says is read once, and what is wanted is installed at once.
package() {
    awk -v n="$1" '
        /^Package: / { p = $2 } /^Status: / { h = $2; s = $4 }
        /^Version: / { if (p == n && s == "installed") { print $2, (h == "hold"); exit } }' "$R/var/lib/dpkg/status" 2>/dev/null
}
apt() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a inside apt-get -y -q -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" 2>&1 9>&- </dev/null
}
# In a root nothing may be started.
quietly() {
    policy=$R/usr/sbin/policy-rc.d
    if [ -z "$R" ] || [ -e "$policy" ]; then "$@"; return; fi
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
    "$@"
    ended=$?
    rm -f -- "$policy"
    return $ended
}
install() {
    said=$(quietly apt install "$@") && return
    case $said in *'Unable to locate'* | *'has no installation candidate'* | *'was not found'* | *'Unable to fetch'* | *'404'*) ;; *) return 1 ;; esac
    said=$(apt update) && said=$(quietly apt install "$@")
}
install_all() { # each with its version, if one is wanted
    missing=
    for wanted; do
        [ -n "$(package "${wanted%%=*}")" ] || missing="$missing $wanted"
    done
    # What fails is tried by itself after this, and told of.
    [ -z "$missing" ] || install $missing
}
remember_package() {
    if [ -n "$(package "$1")" ]; then remember "package-$1" yes; else remember "package-$1" no; fi
}
look_package() {
    found=$(package "$1")
    if [ -n "$found" ]; then say "$I there package $found"; else say "$I absent"; fi
}
make_package() { # name version|- hold first
    found=$(package "$1")
    [ "$4" = 1 ] && remember_package "$1"
    wanted=$1
    [ "$2" = - ] || wanted=$1=$2
    if [ -z "$found" ] || { [ "$2" != - ] && [ "${found% *}" != "$2" ]; }; then
        [ "${found#* }" = 1 ] && inside apt-mark unhold "$1" >/dev/null 2>&1
        install --allow-downgrades "$wanted" || die NotInstalled "$said"
    fi
    found=$(package "$1")
    [ -n "$found" ] || die NotInstalled "\`$1\` is not installed: $said"
    if [ "${found#* }" != "$3" ]; then
        if [ "$3" = 1 ]; then word=hold; else word=unhold; fi
        said=$(inside apt-mark $word "$1" 2>&1) || die Refused "$said"
    fi
    look_package "$1"
}
drop_package() {
    if [ -n "$(package "$1")" ] && ! was_found "package-$1"; then
        said=$(quietly apt remove "$1") || die NotRemoved "$said"
    fi
    forget "package-$1"
    say "$I absent"
}

look_group() {
    gid=$(number group "$1")
    if [ -n "$gid" ]; then say "$I there group $gid"; else say "$I absent"; fi
}
make_group() { # name gid|- system first
    gid=$(number group "$1")
    if [ "$4" = 1 ]; then
        if [ -n "$gid" ]; then remember "group-$1" yes; else remember "group-$1" no; fi
    fi
    if [ -z "$gid" ]; then
        set -- "$1" "$2" ${R:+-P "$R"} $([ "$3" = 1 ] && echo -r) $([ "$2" = - ] || echo "-g $2")
        group=$1
        shift 2
        said=$(groupadd "$@" "$group" 2>&1) || die Refused "$said"
        look_group "$group"
        return
    fi
    if [ "$2" != - ] && [ "$2" != "$gid" ]; then
        said=$(groupmod ${R:+-P "$R"} -g "$2" "$1" 2>&1) || die Refused "$said"
    fi
    look_group "$1"
}
drop_group() {
    if [ -n "$(number group "$1")" ] && ! was_found "group-$1"; then
        said=$(groupdel ${R:+-P "$R"} "$1" 2>&1) || die Refused "$said"
    fi
    forget "group-$1"
    say "$I absent"
}

look_user() {
    line=$(entry passwd "$1")
    [ -n "$line" ] || { say "$I absent"; return; }
    gid=$(echo "$line" | cut -d: -f4)
    home=$(echo "$line" | cut -d: -f6 | tr -d '\n' | b64)
    shell=$(echo "$line" | cut -d: -f7 | tr -d '\n' | b64)
    say "$I there user $(echo "$line" | cut -d: -f3) $(name group "$gid") $home. $shell."
}
differs() { [ "$1" != - ] && [ "$1" != "$2" ]; }
make_user() { # name uid|- group|- home|- shell system first
    user=$1 uid=$2 group=$3 home=$4 shell=$5 system=$6
    line=$(entry passwd "$user")
    if [ "$7" = 1 ]; then
        if [ -n "$line" ]; then remember "user-$user" yes; else remember "user-$user" no; fi
    fi
    set -- ${R:+-P "$R"} -s "$shell"
    [ "$uid" = - ] || set -- "$@" -u "$uid"
    [ "$group" = - ] || set -- "$@" -g "$group"
    [ "$home" = - ] || set -- "$@" -d "$home"
    if [ -z "$line" ]; then
        if [ "$group" = - ]; then
            if [ -n "$(number group "$user")" ]; then set -- "$@" -g "$user"; else set -- "$@" -U; fi
        fi
        [ "$system" = 1 ] && set -- "$@" -r
        said=$(useradd -M -p '*' "$@" "$user" 2>&1) || die Refused "$said"
    else
        differs "$uid" "$(echo "$line" | cut -d: -f3)" ||
            differs "$group" "$(name group "$(echo "$line" | cut -d: -f4)")" ||
            differs "$home" "$(echo "$line" | cut -d: -f6)" ||
            differs "$shell" "$(echo "$line" | cut -d: -f7)" &&
            { said=$(usermod "$@" "$user" 2>&1) || die Refused "$said"; }
    fi
    look_user "$user"
}
drop_user() {
    if [ -n "$(entry passwd "$1")" ] && ! was_found "user-$1"; then
        said=$(userdel ${R:+-P "$R"} "$1" 2>&1) || die Refused "$said"
    fi
    forget "user-$1"
    say "$I absent"
}

is_member() {
    case ",$(entry group "$2" | cut -d: -f4)," in *",$1,"*) return 0 ;; esac
    return 1
}
look_member() { if is_member "$1" "$2"; then say "$I there member"; else say "$I absent"; fi; }
make_member() { # user group first
    if [ "$3" = 1 ]; then
        if is_member "$1" "$2"; then remember "member-$1:$2" yes; else remember "member-$1:$2" no; fi
    fi
    [ -n "$(entry passwd "$1")" ] || die NoUser "there is no user \`$1\`"
    is_member "$1" "$2" || said=$(usermod ${R:+-P "$R"} -a -G "$2" "$1" 2>&1) || die Refused "$said"
    look_member "$1" "$2"
}
drop_member() {
    if is_member "$1" "$2" && ! was_found "member-$1:$2"; then
        said=$(usermod ${R:+-P "$R"} -r -G "$2" "$1" 2>&1) || die Refused "$said"
    fi
    forget "member-$1:$2"
    say "$I absent"
}

# Units, which systemd reads once after all that changed.
make_unit() { touches=unit; put_file "$@"; }
drop_unit() { : >"$L/reload"; drop_path "$@"; }
reload() {
    [ -e "$L/reload" ] || return 0
    if live; then said=$(systemctl daemon-reload 2>&1) || return 1; fi
    rm -f -- "$L/reload"
}

unit_state() {
    if live; then
        state=$(systemctl show -p LoadState -p ActiveState -p UnitFileState -- "$1" 2>/dev/null)
        loaded=$(echo "$state" | sed -n 's/^LoadState=//p')
        active=$(echo "$state" | sed -n 's/^ActiveState=//p')
        enabled=$(echo "$state" | sed -n 's/^UnitFileState=//p')
    else
        enabled=$(unit_tool is-enabled -- "$1" 2>/dev/null)
        active=- loaded=loaded
        case $enabled in '' | not-found) loaded=not-found ;; esac
    fi
}
look_service() {
    unit_state "$1"
    if [ "$loaded" = not-found ]; then say "$I absent"; else say "$I there service ${enabled:--} ${active:--}"; fi
}
run() { said=$("$@" 2>&1 9>&- </dev/null) || die Failed "\`$*\` failed: $said"; }
make_service() { # unit enabled running restart reload
    unit_state "$1"
    [ "$loaded" = not-found ] && die NoUnit "there is no unit \`$1\`"
    case $2-$enabled in
        1-enabled) [ "$4" = 1 ] && [ -f "$R/etc/systemd/system/$1" ] && run unit_tool reenable -- "$1" ;;
        1-*) run unit_tool enable -- "$1" ;;
        0-enabled*) run unit_tool disable -- "$1" ;;
    esac
    if live; then
        case $3-$active-$4-$5 in
            1-active-1-*) run systemctl restart -- "$1" ;;
            1-active-0-1) run systemctl reload-or-restart -- "$1" ;;
            1-active-*) ;;
            1-*) run systemctl restart -- "$1" ;;
            0-inactive-* | 0-failed-*) ;;
            0-*) run systemctl stop -- "$1" ;;
            --*-1-*) run systemctl try-restart -- "$1" ;;
            --*-0-1) run systemctl try-reload-or-restart -- "$1" ;;
        esac
        if [ "$3" = 1 ]; then
            unit_state "$1"
            case $active in
                active | activating | reloading) ;;
                *) die NotRunning "\`$1\` does not run after it was started; \`journalctl -u $1\` on the host says why" ;;
            esac
        fi
    fi
    look_service "$1"
}
drop_service() {
    unit_state "$1"
    if [ "$loaded" != not-found ]; then
        if live; then run systemctl disable --now -- "$1"; else run unit_tool disable -- "$1"; fi
    fi
    say "$I absent"
}

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

# What became of a unit is known when systemd has read it.
after_reload() { # 1 = it was read, path
    if [ "$1" = 1 ]; then
        fact "$2"
        show "$2" 0
    else
        say "$I failed ReloadFailed $(printf %s "$said" | tail -c 2000 | b64)."
    fi
}
# Does one thing; whatever goes wrong in it stays in it.
each() {
    I=$1
    shift
    (
        trap 'exec 3>&-; [ -z "$tmp" ] || rm -f -- "$tmp"' EXIT
        "$@"
    )
    ended=$?
    [ $ended = 0 ] || [ $ended = 9 ] || say "$I failed Refused $(printf 'the shell on the host failed with %s' $ended | b64)."
    return $ended
}
