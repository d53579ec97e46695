import { createApp } from 'vue';
import App from './app.vue';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/hues.css';

createApp(App).mount('#app');
