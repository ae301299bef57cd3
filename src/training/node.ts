// What needs a file system.
export { FolderCheckpoints, type FolderCheckpointsOptions } from './node/folder-checkpoints.ts'
