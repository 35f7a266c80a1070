"""What a shell is told, once, so that it asks `mco completion` at each TAB key."""

BASH = r"""# bash completion for mco. Load it with:  source <(mco completion bash)
# or put it where bash looks for it: /usr/share/bash-completion/completions/mco
_mco() {
    local found
    COMPREPLY=()
    while IFS= read -r found; do
        COMPREPLY+=("$found")
    done < <("$1" completion --bash "$COMP_POINT" "$COMP_WORDBREAKS" "$COMP_LINE" 2>/dev/null)
    case ${COMPREPLY[0]-} in *=) compopt -o nospace ;; esac
}
complete -o default -F _mco mco
"""

ZSH = r"""#compdef mco
# zsh completion for mco. Load it with:  source <(mco completion zsh)  after compinit,
# or put it as _mco into a folder of $fpath.
_mco() {
    local line word
    local -a plain open
    while IFS= read -r line; do
        word=${line%%$'\t'*}
        if [[ $line == *$'\t'?* ]]; then
            line="${word//:/\\:}:${line#*$'\t'}"
        else
            line=${word//:/\\:}
        fi
        if [[ $word == *= ]]; then open+=("$line"); else plain+=("$line"); fi
    done < <("${(Q)words[1]}" completion --word=${(Q)^words[2,CURRENT-1]} "--word=${(Q)PREFIX}" 2>/dev/null)
    if (( $#plain + $#open == 0 )); then
        _files
        return
    fi
    (( $#open )) && _describe -t inputs input open -S ''
    (( $#plain )) && _describe -t values value plain
}
if [[ $funcstack[1] == _mco ]]; then
    _mco "$@"
else
    compdef _mco mco
fi
"""

FISH = r"""# fish completion for mco. Load it with:  mco completion fish | source
# or put it as mco.fish into ~/.config/fish/completions
function __mco_candidates
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($before[1] completion --word=$before[2..-1] --word="$current" 2>/dev/null)
    if test (count $found) -eq 0
        __fish_complete_path "$current"
    else
        printf '%s\n' $found
    end
end
complete -c mco -f -a '(__mco_candidates)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""The script of each shell; the same text is in packaging/completion/."""

FILES = {"bash": "mco", "zsh": "_mco", "fish": "mco.fish"}
"""What each shell wants the file to be called."""
