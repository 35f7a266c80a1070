# fish completion for mco. Load it with:  mco completion fish | source
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
