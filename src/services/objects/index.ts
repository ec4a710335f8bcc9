import type { ObjectStore } from '../../domain/ports.ts';
import { diskObjects } from './disk.ts';
import type { S3Options } from './s3-client.ts';

/** Where files are kept: in the bucket if there is one, else below `dataDir`. */
export async function createObjects(config: { s3: S3Options | null }, dataDir: string): Promise<ObjectStore> {
  if (!config.s3) return diskObjects(dataDir);
  // The SDK is only loaded where it is used.
  const { s3Objects } = await import('./s3.ts');
  return s3Objects(config.s3);
}
