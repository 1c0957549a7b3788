import type { CommandSpec } from './command.ts'
import { operationCommands } from './table/operation-commands.ts'
import { ownCommands } from './table/own-commands.ts'
import { promotionCommands } from './table/promotion-commands.ts'
import { ruleCommands } from './table/rule-commands.ts'

/** All commands, in the order of the help. */
export const commands: readonly CommandSpec[] = [
  ...promotionCommands,
  ...ruleCommands,
  ...operationCommands,
  ...ownCommands,
]
