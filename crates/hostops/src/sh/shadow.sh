is_member() {
    case ",$(entry group "$2" | cut -d: -f4)," in *",$1,"*) return 0 ;; esac
    return 1
}
