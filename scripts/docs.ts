import { readFileSync, writeFileSync } from 'node:fs';
import { fillTables } from './tables.ts';

/** `npm run docs`: writes the README's tables from the declarations. */
const readme = new URL('../README.md', import.meta.url);
writeFileSync(readme, fillTables(readFileSync(readme, 'utf8')));
console.log('README.md is up to date');
