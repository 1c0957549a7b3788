import { z } from 'zod'
import type { CommandModule } from '../command.ts'
import { completeBash } from '../completion/complete-bash.ts'
import { completeFish } from '../completion/complete-fish.ts'
import { completeZsh } from '../completion/complete-zsh.ts'
import { CliError } from '../errors.ts'

const shells = { bash: completeBash, zsh: completeZsh, fish: completeFish } as const

/** `sallyport completion`. */
export const completion: CommandModule = {
  schema: z.strictObject({ shell: z.enum(['bash', 'zsh', 'fish']), script: z.string() }),
  async run({ arguments: [shell = ''], commands }) {
    if (!Object.hasOwn(shells, shell))
      throw new CliError(
        'OPTION_INVALID',
        `there is no completion for ${JSON.stringify(shell.slice(0, 40))}`,
        {
          advice: 'Shells are bash, zsh and fish.',
        },
      )
    const script = shells[shell as keyof typeof shells](commands)
    return { verdict: 'pass', text: script, isVerbatim: true, result: { shell, script } }
  },
}
