// For tools that do not read .vue files themselves; vue-tsc prefers the files.
declare module '*.vue' {
  import type { DefineComponent } from 'vue';
  const component: DefineComponent;
  export default component;
}
