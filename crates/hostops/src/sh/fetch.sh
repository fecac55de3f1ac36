# What comes from elsewhere. It lies where root alone can read it until it is known to be what is pinned.
fetch() { # url, file; says why not
    if command -v curl >/dev/null 2>&1; then
        said=$(curl -fsSL --proto '=http,https' --retry 2 --connect-timeout 20 -o "$2" -- "$1" 2>&1 </dev/null)
    elif command -v wget >/dev/null 2>&1; then
        said=$(wget -nv -t 2 -T 60 -O "$2" -- "$1" 2>&1 </dev/null)
    else
        code=NoTool said='neither `curl` nor `wget` is there: declare the package `curl`'
        return 1
    fi && return
    code=NotFetched said="\`$1\` cannot be fetched: $said"
    return 1
}
bring_pinned() {
    fetched=$L/fetched-$N-$I
    (umask 077; : >"$fetched") && fetch "$pinned" "$fetched" && cat "$fetched"
}
fetched() { # url sum
    fetched=$L/fetched-$N-$I
    (umask 077; : >"$fetched")
    fetch "$1" "$fetched" || die $code "$said"
    sum_of <"$fetched"
    pinned=$1
    [ "$sum_is" = "$2" ] || not_pinned "$2"
}
of_architecture() {
    for pair; do case $pair in "$arch"=*) echo "${pair#*=}"; return ;; esac; done
    for pair; do case $pair in any=*) echo "${pair#*=}"; return ;; esac; done
}
pick() { # addresses and sums by architecture
    case $([ -z "$R" ] && uname -m || inside dpkg --print-architecture 2>/dev/null || uname -m) in
        x86_64 | amd64) arch=amd64 ;;
        aarch64 | arm64) arch=arm64 ;;
        i?86) arch=i386 ;;
        *) arch=$(uname -m) ;;
    esac
    url=$(of_architecture $1) sum=$(of_architecture $2)
    [ -n "$url" ] && [ -n "$sum" ] || die NoArchitecture "it is not said where it comes from for \`$arch\`"
}
is_zip() { [ "$(head -c 2 "$1" | tr -d '\0')" = PK ]; }
