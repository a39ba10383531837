import { render } from "preact";

import { Page } from "./ui/page.js";

const root = document.getElementById("page");
if (root) render(<Page />, root);
