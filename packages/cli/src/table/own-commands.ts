import type { CommandSpec } from '../command.ts'
import { type OptionName, optionNames, optionTable } from '../settings/option-table.ts'

/** What stands in a configuration file. */
const lasting: readonly OptionName[] = optionNames.filter(
  (name) => !optionTable[name].isOfRun && !['progress', 'debug'].includes(name),
)

/** Commands about the program itself. */
export const ownCommands: readonly CommandSpec[] = [
  {
    name: 'doctor',
    summary: 'check what commands need, and show where each setting comes from',
    about:
      'Looks at Node.js, clock, configuration, policy, keys, advisories, scanners and the registries that are named. Secrets are not shown.',
    arguments: [{ name: 'registry', about: 'a registry to reach', isOptional: true }],
    options: lasting,
    examples: [
      { about: 'of this machine and folder', line: 'sallyport doctor' },
      { about: 'and of a registry', line: 'sallyport doctor prod.example' },
    ],
    fails: 'something has to be repaired',
    hasCode: false,
    load: async () => (await import('../commands/doctor.ts')).doctor,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    arguments: [{ name: 'shell', about: 'bash, zsh or fish', completes: ['bash', 'zsh', 'fish'] }],
    options: [],
    examples: [
      { about: 'bash', line: 'sallyport completion bash > /etc/bash_completion.d/sallyport' },
      { about: 'zsh', line: 'sallyport completion zsh > ~/.zfunc/_sallyport' },
      { about: 'fish', line: 'sallyport completion fish > ~/.config/fish/completions/sallyport.fish' },
    ],
    hasCode: false,
    load: async () => (await import('../commands/completion.ts')).completion,
  },
]
