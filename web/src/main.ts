import { createApp } from 'vue';
import App from './app.vue';
import { signIn } from './names/sign-in.js';
import { useName } from './names/use-name.js';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/hues.css';

// A token may have expired since the last visit.
await signIn(useName().name.value);
createApp(App).mount('#app');
