import { nativeDir, stopComponents } from './components.ts';

await stopComponents(nativeDir());
