// What needs a file system.
export { FolderCheckpoints, type FolderCheckpointsOptions } from './node/folder-checkpoints.ts'
export { jsonLinesLogger, tensorBoardLogger } from './node/loggers.ts'
