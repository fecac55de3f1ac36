# What every script starts with: `N` is a word that no other output has, `R` the root, empty for a host's own.
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export LC_ALL PATH
umask 022
L=$R/var/lib/groundplan
me=$(id -u)
tmp=
touches=file
bring='base64 -d'
pinned=

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
    mkdir -p "$R/var/lib" && { [ -d "$L" ] || mkdir -m 700 "$L"; } && mkdir -p "$L/original" "$L/found" "$L/record" || return 1
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
        any | -) return ;;
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

# What is told of something that is not at one path: `props`, one word to compare it by, and properties.
text() { printf ' %s=s%s.' "$1" "$(printf %s "$2" | b64)"; }
lines() { printf ' %s=l%s.' "$1" "$(printf %s "$2" | b64)"; }
told() { # what to compare by, properties
    seen=$1
    shift
    say "$I there props $seen$*"
}
# Text that came along, in a file that root alone can read.
body() {
    body=$L/body-$N-$I
    (umask 077; base64 -d >"$body") || die NoSpace "there is no room in /var/lib/groundplan"
}
record_of() { record=$L/record/$1-$(number_of "$2"); }
need() { # a program, the package that has it
    command -v "$1" >/dev/null 2>&1 || die NoTool "there is no \`$1\`: declare the package \`$2\`"
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

not_pinned() {
    [ -n "$pinned" ] || die NoSpace "\`$path\` was not written whole"
    die WrongSum "what is at \`$pinned\` has the SHA-256 $sum_is, and $1 is wanted"
}
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
        # The mode goes along with what else is said of who may do what; nobody else can open what only root may.
        file*) cp --attributes-only --preserve=mode,xattr -- "$R$path" /proc/self/fd/3 2>/dev/null; chmod 600 /proc/self/fd/3 ;;
    esac
    code=NoSpace said="\`$path\` cannot be written"
    $bring >&3 || die $code "$said"
    sum_of </proc/self/fd/3
    [ "$sum_is" = "$sum" ] || not_pinned "$sum"
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

# What came from elsewhere must be what this was planned from: one of the sums, or what was seen.
expect_from() { # `any`, `from` and sums, or `seen` and words
    case $1 in
        any | -) return ;;
        seen) [ "$now" = "$2" ] && return ;;
        *) case ",$2," in *",${now#from:},"*) return ;; esac ;;
    esac
    die Moved "\`$path\` is not what this was planned from"
}
