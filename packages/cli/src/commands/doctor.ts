import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { formatRows, paint } from '../output/format.ts'
import { checkAdvisories } from '../doctor/check-advisories.ts'
import type { Check } from '../doctor/check.ts'
import { checkConfig } from '../doctor/check-config.ts'
import { checkKeys } from '../doctor/check-keys.ts'
import { checkMachine } from '../doctor/check-machine.ts'
import { checkRegistries } from '../doctor/check-registries.ts'
import { checkTools } from '../doctor/check-tools.ts'
import { showOrigin, showSetting } from '../settings/settings.ts'

const schema = z.strictObject({
  checks: z.array(
    z.strictObject({
      what: z.string(),
      state: z.enum(['ok', 'warn', 'fail']),
      message: z.string(),
      advice: z.string().optional().describe('What to do.'),
    }),
  ),
  settings: z
    .array(
      z.strictObject({
        option: z.string(),
        value: z.string().describe('Secrets are not shown.'),
        origin: z.string().describe('default, flag, a variable, or a file.'),
      }),
    )
    .describe('Every option that has a value.'),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, progress, signal } = context
  const checks: Check[] = []
  for (const check of [checkMachine, checkConfig, checkKeys, checkAdvisories, checkTools, checkRegistries]) {
    progress.start('check', 'looking')
    checks.push(...(await check(context)))
    signal.throwIfAborted()
  }
  progress.clear()
  const values = settings.names.flatMap((name) => {
    const setting = settings.find(name)
    return setting
      ? [{ option: name, value: showSetting(name, setting), origin: showOrigin(setting.origin) }]
      : []
  })
  return {
    verdict: checks.some(({ state }) => state === 'fail') ? 'fail' : 'pass',
    text: format(checks, values, context),
    result: { checks, settings: values },
  }
}

function format(
  checks: readonly Check[],
  values: readonly { readonly option: string; readonly value: string; readonly origin: string }[],
  { screen: { isColored } }: RunContext,
): string {
  const colors = { ok: 'green', warn: 'yellow', fail: 'red' } as const
  const rows = formatRows(
    checks.map(({ what, state, message, advice }) => [
      state,
      what,
      advice ? `${message}. ${advice}` : message,
    ]),
  )
  const marked = rows
    .split('\n')
    .map((row) =>
      row.replace(/^(ok|warn|fail)/, (state) =>
        paint(isColored, colors[state as keyof typeof colors], state),
      ),
    )
  return [
    ...marked,
    '',
    'settings:',
    formatRows(values.map(({ option, value, origin }) => [`  ${option}`, origin, value])),
  ].join('\n')
}

/** `sallyport doctor`. */
export const doctor: CommandModule = { run, schema }
