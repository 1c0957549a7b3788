export { postgresMonitorState } from './postgres-monitor-state.ts'
