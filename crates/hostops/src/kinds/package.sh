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
    found=$(package "$1")
    if [ -n "$found" ]; then remember "package-$1" yes; else remember "package-$1" no; fi
    remember "hold-$1" "${found##* }"
}
look_package() {
    found=$(package "$1")
    if [ -n "$found" ]; then say "$I there package $found"; else say "$I absent"; fi
}
make_package() { # name version|- hold before
    found=$(package "$1")
    [ "$4" = any ] && remember_package "$1"
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
    found=$(package "$1")
    # Nobody can remove what is kept as it is; and what was not kept before is not kept any more.
    if [ "${found##* }" = 1 ] && [ "$(cat "$L/found/hold-$1" 2>/dev/null)" != 1 ]; then
        said=$(inside apt-mark unhold "$1" 2>&1) || die Refused "$said"
    fi
    if [ -n "$found" ] && ! was_found "package-$1"; then
        said=$(quietly apt remove "$1") || die NotRemoved "$said"
    fi
    forget "hold-$1"
    forget "package-$1"
    say "$I absent"
}
