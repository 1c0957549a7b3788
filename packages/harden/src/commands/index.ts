export {
  findWorkloadCommands,
  type FindWorkloadCommandsOptions,
  type WorkloadCommand,
} from './find-workload-commands.ts'
