"""How questions are declared, data only: experiments, studies, numbers, options."""
